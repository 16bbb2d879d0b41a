"""How well the bridge's signals of conversations are right: on dialogues written for it, with a label each."""

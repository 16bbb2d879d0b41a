"""What produces the numbers of quality: synthetic calls into real bots. Needs the extra `pipecat-lgtm[quality]`."""

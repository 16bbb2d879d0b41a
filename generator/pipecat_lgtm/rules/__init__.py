"""Recording rules: what is both drawn and alerted on."""

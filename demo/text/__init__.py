"""The training text: everything the demo model ever reads is made here, from word lists and sentences of our own."""

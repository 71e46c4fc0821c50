"""The vocabulary: what is asked, what is answered, what can go wrong. Standard library only."""

"""Tools that the server runs itself: what they take and answer, the folders they work in, and the sandbox around them."""

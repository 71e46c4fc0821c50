"""The page's chat: answers that the server owns. They go on when the page is closed, and every tab can watch."""

"""How the schema came to be, one step a file; what has been released is never edited."""

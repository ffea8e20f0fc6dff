"""Reading objects of the API as its own controllers do, whatever is in them."""

"""What a request still needs, said to people and programs."""

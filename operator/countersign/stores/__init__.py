"""Where knowledge is kept, behind one port."""

"""The look and manners of every page: the frame, styles, keys, safe headers."""

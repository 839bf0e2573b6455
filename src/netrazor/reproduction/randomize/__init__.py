"""Section 8: networks that memorize random labels, and how far they can be cut down."""

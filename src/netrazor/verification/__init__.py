"""Rebuild, count, check: the one door through which a certificate is verified, loaded and reported."""

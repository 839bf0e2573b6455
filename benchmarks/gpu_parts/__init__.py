"""The parts of `gpu.py`, in the order of their worth."""

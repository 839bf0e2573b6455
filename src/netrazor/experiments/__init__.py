"""Named experiments and the paper's figures, on top of the pipeline."""

"""The measures: one file each, layers → additive values and feature layers; no files, no printing."""

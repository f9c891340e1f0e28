"""The demonstration county: made by rule and seed inside Qinshui's boundary, with the answers it must give."""

"""What departments and planners hand in as figures: read into values, and questioned where a reading is in doubt."""

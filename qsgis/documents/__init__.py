"""Results → documents: the indicator table as CSV and Excel."""

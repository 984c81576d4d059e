"""What the agents produced and learn from: the Parquet store."""

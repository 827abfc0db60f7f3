"""Files of records: csv, json, jsonl and parquet, read and written row by row."""

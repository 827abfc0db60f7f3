"""Files of records: csv, json, jsonl and parquet, read and written a row at a time."""

"""Objects of plain types: hydration, change tracking, relationships and their two sides."""

"""What happened and what it cost: follow, timeline, receipt, tables, diagrams."""

"""Real services found, started and examined: Temporal, databases, models, the doctor."""

def weekday(date: str) -> str:
    """Tell the weekday of a date, which is written as in 2026-11-22."""
    from datetime import date as day

    return day.fromisoformat(date).strftime("%A")


own_tool = weekday  # or miles_to_km, or euros_to_dollars

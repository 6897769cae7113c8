"""What everything may use: errors, settings, processes, waits, drawing."""

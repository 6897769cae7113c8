"""The processes of the practice world, seen from a notebook (`own`) and from within (`served`)."""

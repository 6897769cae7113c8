"""What a learner's app imports: reports, page reading, a calculator, notes to search."""

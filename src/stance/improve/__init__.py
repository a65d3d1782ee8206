"""What makes the next model better: two models compared, labels audited and suggested, drift and strange texts seen."""

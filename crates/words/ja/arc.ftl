### ARC: steps, reasons.

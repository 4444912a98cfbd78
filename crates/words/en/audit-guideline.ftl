### The requirements of the guideline.

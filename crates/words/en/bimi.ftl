### BIMI: record, indicator, evidence document.

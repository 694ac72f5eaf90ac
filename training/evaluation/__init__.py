"""How good a head is: metrics, calibration, certificates, and the urgency cutoff."""

"""The experiments of the paper's appendix: addition, co-localisation, and a transformer of volumes."""

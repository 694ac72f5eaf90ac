"""How the exports of known helpdesks name their columns and write their values: one TOML file for each."""

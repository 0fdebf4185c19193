"""The invented province: who lives there (`province.yaml`), what sensors report of it (`reports/`), and its last days (`story`)."""

"""How the equipment in the field fares: pure rules, no database, no I/O."""

# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T12:25:50Z
signature = "+Fbzq1/9r38xIAEOIKpJ1wS+eFOx9zBKNmBdSy0nl/iwg8yiSk01hWV4CqXkxsKMhS9GK+jEVrtkU7n9CArfBw=="

[files]
"CARD.md" = "48fd13caa1b2325f18faa6e2059603a6ca650b39ab9f9be4bf87d388c5bc464a"
"metrics.json" = "7ba3e4a6c78214d6522a0374466448051c3597c65fd9478cdd9845c3d28b70c0"
"model.onnx" = "5303fe70f28778fc4118830fb311a2ad687e7e5b38cb23c79e31131610e92222"
"model.toml" = "df3e5428e643978924a4186def3b7ff8080db1322038e07f73e4e9e3f38fa9b8"

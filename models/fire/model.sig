# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T13:07:30Z
signature = "xBTSmlNic6dnAWCjLIf8zGSsB+eIWuPUBldeuPFoZsBfSK/agFqSrlyA95HiZx9Gb/l0VwUhv6QD8DxrMoCwAg=="

[files]
"CARD.md" = "f7478e1f54ea12f12514a3dec67fe206f2bf11a078f1713d5ff7b6129a8b7978"
"metrics.json" = "7ba3e4a6c78214d6522a0374466448051c3597c65fd9478cdd9845c3d28b70c0"
"model.onnx" = "5303fe70f28778fc4118830fb311a2ad687e7e5b38cb23c79e31131610e92222"
"model.toml" = "df3e5428e643978924a4186def3b7ff8080db1322038e07f73e4e9e3f38fa9b8"

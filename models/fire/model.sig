# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T12:38:38Z
signature = "n1qh2d6vnYCoNS5kp911tJES692DWErQFPY9Sq3dgFeATN/0bbtQjtMbQyJEV4wgm9GcGutB8xpRrNmyrRJACg=="

[files]
"CARD.md" = "0113e61fb5c1e8bff716b93b51e789a922b1ffc2954ac16f2e7175192d6c4c4e"
"metrics.json" = "7ba3e4a6c78214d6522a0374466448051c3597c65fd9478cdd9845c3d28b70c0"
"model.onnx" = "5303fe70f28778fc4118830fb311a2ad687e7e5b38cb23c79e31131610e92222"
"model.toml" = "df3e5428e643978924a4186def3b7ff8080db1322038e07f73e4e9e3f38fa9b8"

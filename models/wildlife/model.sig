# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T13:08:03Z
signature = "VZA64hdDgKzBjvtxGXmsRkEq12pCBOm4rOSOhQwkDNCLllMrapIQUHqB1Q/w/9pkXRzGkeFzkxfefjIfhy2aBw=="

[files]
"CARD.md" = "774b591f5fd16b412f61899f2185e1e4d4465827bc826241a459a8ff2237d68e"
"metrics.json" = "0be3bd4c8536f2c105e53bf5503b12e2964fe4b7e17da3cbaa8cb9f4270f4dd9"
"model.onnx" = "f2abc59c40a136949183d29aa545b46c53b4c10b3990da56b8601554d108a530"
"model.toml" = "49c8987f32cf1d924ee086f0c886972ec8934d460a9c6c0a2290bad78d1a9a18"

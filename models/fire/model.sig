# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T14:29:44Z
signature = "IICwkvhqQrYY7PuyhztCTrYSZzwDoERfBhZWjHjv/5TGaQLGvHTT0zNwIZmnPL/cgK2sUNO5U2Ri03q0l2hDDQ=="

[files]
"CARD.md" = "9d10c27b0740d0a42f28e42d7b7a218fdf45eeb74c22414a72e6baec752ed5fd"
"metrics.json" = "b5ceee797ff0763304ab4370b0384e913353854b7ef48df6d77986adb754d192"
"model.onnx" = "c0cc49d1b7f8713f2b887faf03c939f59cb965ad4c70f6486e58b3f3b6d074da"
"model.toml" = "d28bd291334a5972af80c82a209e030fcca36307fe24cadc8ae368c8833656b5"

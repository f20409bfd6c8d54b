# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T14:11:07Z
signature = "l+7jgiP/mzsakCGz/piZoIVoF6ohsLtT7CgE6NxuN3k7z5+9h5oN1v1koKYm0rdR8Kp1UiqxiJjywfUAmQhlDQ=="

[files]
"CARD.md" = "c6c0e82d837a49332e62d79c5d2101b495addee08623f4870338d346e89364e6"
"metrics.json" = "2220b196101d7abd0e93cbc3594f8f87bcd229dcc8e0e5b81be535565c9a7884"
"model.onnx" = "f2abc59c40a136949183d29aa545b46c53b4c10b3990da56b8601554d108a530"
"model.toml" = "49c8987f32cf1d924ee086f0c886972ec8934d460a9c6c0a2290bad78d1a9a18"

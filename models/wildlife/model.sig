# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:S/8JO+UDEKrRg09IaGoM0R0VfIDiic1no4doBnjjQaw"
signed_at = 2026-11-21T14:12:44Z
signature = "ggtkV9N9W3sjRIbkxvUPk+oCVt7q/3cIdYfhDO/oWtVW7TDZl9jZCAWfpFXbrTnI9AiJo8OwZC/MxjJytW9mBA=="

[files]
"CARD.md" = "1ac0b1c6b456bc57aedf0acb30632bc5b495121b6a0070562c75d1cdfbcb8788"
"metrics.json" = "2220b196101d7abd0e93cbc3594f8f87bcd229dcc8e0e5b81be535565c9a7884"
"model.onnx" = "f2abc59c40a136949183d29aa545b46c53b4c10b3990da56b8601554d108a530"
"model.toml" = "49c8987f32cf1d924ee086f0c886972ec8934d460a9c6c0a2290bad78d1a9a18"

# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:oQXz1h6zdQo9ZRdAZMpCU5d5+CSCs1/VpzAZFcSAOIw"
signed_at = 2026-11-22T16:45:03Z
signature = "dQKCmlLij+IhbduEKMCH4KwMSheAWlS+PgDiuXVQG2bvBKNtGXC6IIUTO0hO7PwfNAFpEy7Il3+rVLwx265HAw=="

[files]
"CARD.md" = "8e14be93697163258389b3cae014da830f5ce9a0e75512813f15448b73983720"
"metrics.json" = "87c43972da760dcad36a44a3a4943c8b7578843c4d5764c51cfdd3170643d541"
"model.onnx" = "779da56a0f66ea7a692dd50c9ffc4d5cab690b06fc5c6096d1c9405bea93d1ea"
"model.toml" = "fba48871221a3217fb70f5a2ff5176fb0a7f5173a4558318e5ecb532fed7a8a4"

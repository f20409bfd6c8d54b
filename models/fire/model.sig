# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:oQXz1h6zdQo9ZRdAZMpCU5d5+CSCs1/VpzAZFcSAOIw"
signed_at = 2026-11-22T16:10:09Z
signature = "9owAC8GAcpN7zE789mshPybmGwIjhkccWSKkMNVqwt9TaVYp7Zqhjs+4+LvH8xcQIG0UZLVx2fug0Ofn4JWdDQ=="

[files]
"CARD.md" = "a6cb20784672eb81e0f4aed976f0a063d652edfe0660099d66ea403e266f4d45"
"metrics.json" = "87c43972da760dcad36a44a3a4943c8b7578843c4d5764c51cfdd3170643d541"
"model.onnx" = "779da56a0f66ea7a692dd50c9ffc4d5cab690b06fc5c6096d1c9405bea93d1ea"
"model.toml" = "fba48871221a3217fb70f5a2ff5176fb0a7f5173a4558318e5ecb532fed7a8a4"

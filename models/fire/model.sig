# Who made this model, and of what. Nodes check it before they load the model; so can you:
# fieldwatch models verify FOLDER

format = 1
signer = "Fieldwatch project"
key = "SHA256:oQXz1h6zdQo9ZRdAZMpCU5d5+CSCs1/VpzAZFcSAOIw"
signed_at = 2026-11-22T16:47:35Z
signature = "roQIG5s9OnlMxuyY6w0meZIyy1l7LxgGrF4H4I7oqx1LqlzmPAhwMPzdxcSgom/C0wn36QwP3Th6n5cBCkkUAA=="

[files]
"CARD.md" = "3b3692bc95c5587d4ba5d66455c22e3c89c4b6bf7aa1accb579465a622584002"
"metrics.json" = "87c43972da760dcad36a44a3a4943c8b7578843c4d5764c51cfdd3170643d541"
"model.onnx" = "779da56a0f66ea7a692dd50c9ffc4d5cab690b06fc5c6096d1c9405bea93d1ea"
"model.toml" = "fba48871221a3217fb70f5a2ff5176fb0a7f5173a4558318e5ecb532fed7a8a4"

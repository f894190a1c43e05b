# The one table. Keys, indexes and time to live are what the services compare it with when they start; a test compares
# them with the table that the code makes for itself on a laptop.
resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  stream_enabled              = false
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  attribute {
    name = "attentionShard"
    type = "S"
  }
  attribute {
    name = "attentionAt"
    type = "N"
  }
  attribute {
    name = "tenantShard"
    type = "S"
  }
  attribute {
    name = "tenantSort"
    type = "S"
  }

  global_secondary_index {
    name            = "attention"
    hash_key        = "attentionShard"
    range_key       = "attentionAt"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name            = "tenant"
    hash_key        = "tenantShard"
    range_key       = "tenantSort"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    enabled        = true
    attribute_name = "expiresAt"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.this.arn
  }
}

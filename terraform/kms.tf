# One key for all that is kept: the table, the secrets, the cache. Who may use it is said by IAM alone, which the key's
# default policy allows.
resource "aws_kms_key" "this" {
  description             = "${var.name}: table, secrets and cache"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

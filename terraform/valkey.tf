# Node-based, because a serverless cache evicts as it likes. Queues must not lose keys: noeviction, in a parameter group of
# its own, since the default one cannot be changed.
resource "aws_elasticache_parameter_group" "this" {
  count = var.valkey == null ? 0 : 1

  name        = var.name
  family      = "valkey8"
  description = "${var.name}: nothing is evicted"
  tags        = var.tags

  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_subnet_group" "this" {
  count = var.valkey == null ? 0 : 1

  name       = var.name
  subnet_ids = var.valkey.subnet_ids
  tags       = var.tags
}

resource "aws_security_group" "valkey" {
  count = var.valkey == null ? 0 : 1

  name        = "${var.name}-valkey"
  description = "Valkey of ${var.name}: from the cluster alone"
  vpc_id      = var.valkey.vpc_id
  tags        = var.tags
}

# By number: ids of groups that the same apply makes are not known when keys are wanted.
resource "aws_vpc_security_group_ingress_rule" "valkey" {
  count = var.valkey == null ? 0 : length(var.valkey.allowed_security_group_ids)

  security_group_id            = aws_security_group.valkey[0].id
  referenced_security_group_id = var.valkey.allowed_security_group_ids[count.index]
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
  tags                         = var.tags
}

resource "aws_elasticache_replication_group" "this" {
  count = var.valkey == null ? 0 : 1

  replication_group_id       = var.name
  description                = "Queues of ${var.name}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.valkey.node_type
  port                       = 6379
  num_cache_clusters         = 1 + var.valkey.replicas
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = aws_elasticache_parameter_group.this[0].name
  subnet_group_name          = aws_elasticache_subnet_group.this[0].name
  security_group_ids         = [aws_security_group.valkey[0].id]
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.this.arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  tags                       = var.tags

  # Set out of band where one is wanted, so that it is in no state: docs/operate/aws.md.
  lifecycle {
    ignore_changes = [auth_token, auth_token_update_strategy]
  }
}

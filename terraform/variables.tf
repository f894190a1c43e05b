variable "name" {
  description = "Name of the table, the key's alias, the cache, and the first part of the names of roles and secrets."
  type        = string
  default     = "switchyard"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower-case letters, digits and hyphens, a letter first and no hyphen last."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table. The ledger is in it: switch it off only to take all down."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything that is made here."
  type        = map(string)
  default     = {}
}

variable "namespace" {
  description = "Namespace of the Helm release."
  type        = string
  default     = "switchyard"

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a name that Kubernetes takes: lower-case letters, digits and inner hyphens."
  }
}

variable "identity" {
  description = "How pods get their role: irsa (IAM roles for service accounts) or pod-identity (EKS Pod Identity)."
  type        = string
  default     = "irsa"

  validation {
    condition     = contains(["irsa", "pod-identity"], var.identity)
    error_message = "identity must be irsa or pod-identity."
  }
}

variable "oidc_provider_arn" {
  description = "For irsa: ARN of the cluster's OIDC provider in IAM."
  type        = string
  default     = null

  validation {
    condition     = var.identity != "irsa" || can(regex("^arn:[^:]+:iam::[0-9]{12}:oidc-provider/.+$", var.oidc_provider_arn))
    error_message = "identity irsa needs oidc_provider_arn, such as arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC."
  }
}

variable "cluster_name" {
  description = "For pod-identity: name of the EKS cluster."
  type        = string
  default     = null

  validation {
    condition     = var.identity != "pod-identity" || var.cluster_name != null
    error_message = "identity pod-identity needs cluster_name."
  }
}

variable "provider_keys" {
  description = "Providers that are called with a key: id in switchyard.yaml to the variable that it names, such as { openai = \"OPENAI_API_KEY\" }. A secret without a value is made for each."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for variable in values(var.provider_keys) : can(regex("^[A-Z_][A-Z0-9_]*$", variable))])
    error_message = "provider_keys must name variables, such as { openai = \"OPENAI_API_KEY\" }; never put a key here."
  }
}

variable "bedrock" {
  description = "Amazon Bedrock, where it is used: the region that is called, the models (ids of foundation models or of inference profiles), and for profiles the regions that they may pick from."
  type = object({
    provider        = optional(string, "bedrock")
    region          = string
    models          = list(string)
    profile_regions = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.bedrock == null ? true : length(var.bedrock.models) > 0 && !strcontains(join("", var.bedrock.models), "*")
    error_message = "bedrock.models must list the ids of the models, without wildcards."
  }

  validation {
    condition     = var.bedrock == null ? true : length(var.bedrock.profile_regions) > 0 || !anytrue([for id in var.bedrock.models : can(regex("^(us|us-gov|eu|apac|jp|au|global)\\.", id))])
    error_message = "An inference profile in bedrock.models needs bedrock.profile_regions, the regions that it may pick from."
  }
}

variable "external_secrets_store" {
  description = "The store of the External Secrets Operator that reads the secrets made here, where there is one."
  type = object({
    name = string
    kind = optional(string, "ClusterSecretStore")
  })
  default = null
}

variable "valkey" {
  description = "A Valkey of two nodes in ElastiCache, where none exists: its private subnets in two zones or more, its VPC, and the security groups of the cluster's nodes or pods, which alone may reach it."
  type = object({
    vpc_id                     = string
    subnet_ids                 = list(string)
    allowed_security_group_ids = list(string)
    node_type                  = optional(string, "cache.t4g.small")
    replicas                   = optional(number, 1)
  })
  default = null

  validation {
    condition     = var.valkey == null ? true : length(var.valkey.subnet_ids) > 1 && var.valkey.replicas >= 1
    error_message = "valkey needs two subnets and one replica at least: with less, a failed zone stops every queue."
  }
}

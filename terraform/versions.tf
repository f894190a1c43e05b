terraform {
  # 1.9 lets a variable's condition look at another variable.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.80 knows Valkey; nothing here is new in 6.
      version = ">= 5.80, < 7.0"
    }
  }
}

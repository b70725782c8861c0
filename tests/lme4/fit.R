# Run once by hand, in this folder, where R has lme4 (Debian: r-cran-lme4): Rscript fit.R
# Writes expected.csv, which tests/test_linear_mixed.py compares with. The three data sets are simulated.
suppressPackageStartupMessages(library(lme4))
models <- list(
  nested = rating ~ x + (1 + x | persona) + (1 | dialogue),
  crossed = rating ~ x + (1 + x | persona) + (1 | item),
  unbalanced = rating ~ x + (1 | persona) + (0 + x | persona) + (1 | dialogue) + (1 | question)
)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
rows <- list()
add <- function(set, reml, name, value, error = NA) {
  rows[[length(rows) + 1]] <<- data.frame(set, reml, name, value = signif(value, 10), error = signif(error, 10))
}
for (set in names(models)) {
  data <- read.csv(paste0(set, ".csv"), na.strings = "NA")
  if (is.null(data$answers)) data$answers <- 1
  for (reml in c(TRUE, FALSE)) {
    fit <- lmer(models[[set]], data, REML = reml, weights = answers, control = control)
    stopifnot(!isSingular(fit))
    errors <- sqrt(diag(as.matrix(vcov(fit))))
    for (name in names(fixef(fit))) add(set, reml, name, fixef(fit)[[name]], errors[[name]])
    found <- as.data.frame(VarCorr(fit))
    for (i in seq_len(nrow(found))) {
      row <- found[i, ]
      parts <- c(sub("[.]1$", "", row$grp), row$var1, row$var2)
      add(set, reml, paste(parts[!is.na(parts)], collapse = " "), row$vcov)
    }
    add(set, reml, "log likelihood", as.numeric(logLik(fit)))
    add(set, reml, "rows", nobs(fit))
  }
}
versions <- paste0("# R ", getRversion(), ", lme4 ", packageVersion("lme4"))
writeLines(versions, "expected.csv")
suppressWarnings(write.table(do.call(rbind, rows), "expected.csv", append = TRUE, sep = ",", quote = FALSE,
                             row.names = FALSE, na = ""))

# Pages of surveys.

page-survey-label-surveys = Surveys
page-survey-label-survey = Survey
page-survey-label-study = Study
page-survey-label-by = By
page-survey-label-with = Compared with
page-survey-label-figure = Figure
page-survey-label-points = Difference (points)
page-survey-label-difference = What changed (%)
page-survey-label-tables = Tables
page-survey-label-counts = all figures
page-survey-label-list = List
page-survey-label-begun = Begun
page-survey-label-ended = Ended
page-survey-label-refused = Lines that are no names
page-survey-label-opted-out = Do not want to be asked
page-survey-label-sample = Sample (seed)
page-survey-label-resolvers = Asked
page-survey-label-version = Sekisho
page-survey-about = What many domains publish, examined in the same way each time, and counted. Only counts are kept here, no names.
page-survey-none = No survey is kept here.
page-survey-how = A survey is kept here when it ends, or afterwards with sekisho survey keep:
page-survey-beyond = { $count } names belong to groups that are not shown; they are counted among all names only.
